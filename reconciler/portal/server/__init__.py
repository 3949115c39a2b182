"""A server process: its socket and connections, its log, and the threads that follow the clock and carry mails."""
