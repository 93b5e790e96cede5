"""What people read, in both languages: texts, and mistakes told in one sentence. Imports nothing of ours."""
