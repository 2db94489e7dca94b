"""A client of Azure's own package, in the decorator and in a dynamic config.

Providers: azure
Model: Ride to Oslo.
Model: Ride to Bergen.
Prints: Ride to Oslo.
Prints: Ride to Bergen.
Prints: ChatCompletions
"""

import os

from azure.ai.inference import ChatCompletionsClient
from azure.core.credentials import AzureKeyCredential
from mirascope.core import azure

client = ChatCompletionsClient(
    endpoint=os.environ["AZURE_INFERENCE_ENDPOINT"],
    credential=AzureKeyCredential(os.environ["AZURE_INFERENCE_CREDENTIAL"]),
)


@azure.call("gpt-4o-mini", client=client)
def suggest(vehicle: str) -> str:
    return f"Suggest a trip by {vehicle}"


@azure.call("gpt-4o-mini")
def suggest_later(vehicle: str) -> azure.AzureDynamicConfig:
    return {"messages": [{"role": "user", "content": f"Suggest a trip by {vehicle}"}], "client": client}


print(suggest("train").content)
response = suggest_later("train")
print(response.content)
print(type(response.response).__name__)
