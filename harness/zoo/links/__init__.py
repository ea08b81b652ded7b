"""Links of the zoo, in virtual time alone."""
