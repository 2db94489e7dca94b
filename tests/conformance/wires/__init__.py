"""What models say, as each provider puts it on the wire. Written from the formats alone: knows nothing of ours."""
