"""What must hold of a package, by subject; each module has problems(...), which yields one sentence for each that does not."""
