"""What is known about language models, by whom, and since when."""
