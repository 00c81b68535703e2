package jobs

// Statement returns a statement as the database wants it.
func (d *DB) Statement(s string) string { return d.q(s) }
