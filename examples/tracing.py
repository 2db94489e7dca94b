"""Tracing: the spans of a call, a stream and a session, printed here instead of sent. No key, no network."""

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from mirascope_like.core import local
from mirascope_like.integrations.otel import instrument, uninstrument

exporter = InMemorySpanExporter()  # in a program: an OTLPSpanExporter, in a BatchSpanProcessor
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))


@local.call("smollm2-135m", call_params={"max_tokens": 15})
def recommend(genre: str) -> str:
    return f"Recommend a {genre} book"


def main() -> None:
    instrument(tracer_provider=provider, content="attributes")
    with provider.get_tracer("example").start_as_current_span("my own span"):
        recommend("fantasy")
    session = local.model("smollm2-135m", stream=True, max_tokens=15).session(name="ann")
    session.stream("Name a fantasy writer.").collect()
    uninstrument()
    spans = sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0)
    names = {span.context.span_id: span.name for span in spans if span.context}
    for span in spans:
        attributes = span.attributes or {}
        print(span.name, "| in:", names.get(span.parent.span_id) if span.parent else None)
        if span.name.startswith("chat"):
            print("  tokens:", attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"])
            print("  conversation:", attributes.get("gen_ai.conversation.id"))


if __name__ == "__main__":
    main()
