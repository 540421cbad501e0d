//! K7. Who may send which command.
