"""Charts that pages share: each asks the warehouse one question and draws the answer."""
