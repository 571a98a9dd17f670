"""The catalog admins' API: parse, authorise, call one function, render."""
