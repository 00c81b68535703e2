package retry

// The network of js/wasm, which is in memory, has words for it, and no number to compare.
var errRefused error
