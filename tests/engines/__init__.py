"""What browsers do by themselves – Back, reload, caches, crashes – in three engines."""
