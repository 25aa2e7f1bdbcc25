"""Civil acts: a resident declares one with photos, a reviewer decides, and a refusal can be appealed."""
