package open311test

// ErrReset is what a client sees of a connection that the server tears down.
const ErrReset = errReset
