"""A server process: its socket and connections, its log, and the threads for jobs and mails."""
