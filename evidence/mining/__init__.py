"""Signs of mining in logs: a catalogue of pools and how far a sign carries. Plain rules; nothing is ever contacted."""
