"""What verdicts say: how far raters agree, how good each is, which system is better. Reads only; docs/judging.md."""
