package wire

import "bytes"

// paddingOf returns how much of b is the call around a JSONP answer, cb([…]); 0 if there is none. Frameworks
// put a comment in front of it, so that the document cannot pass for a Flash file, and ask whether the
// function is there: /**/ typeof cb === 'function' && cb({…});
func paddingOf(b []byte) int {
	const most = 512 // of what stands before the data
	i := skipComments(b, 0)
	if bytes.HasPrefix(b[i:], []byte("typeof ")) {
		k := bytes.Index(b[i:min(len(b), i+most)], []byte("&&"))
		if k < 0 {
			return 0
		}
		i = skipComments(b, i+k+2)
	}
	start := i
	for i < len(b) && i < most && (isWord(b[i]) || b[i] == '.') {
		i++
	}
	if i == start || i >= len(b) || b[i] != '(' {
		return 0
	}
	if i = skipComments(b, i+1); i >= len(b) || b[i] != '[' && b[i] != '{' {
		return 0
	}
	return i
}

// skipComments skips white space and comments of JavaScript.
func skipComments(b []byte, i int) int {
	for {
		i = skipSpace(b, i)
		var end []byte
		switch {
		case bytes.HasPrefix(b[i:], []byte("/*")):
			end = []byte("*/")
		case bytes.HasPrefix(b[i:], []byte("//")):
			end = []byte("\n")
		default:
			return i
		}
		k := bytes.Index(b[i+2:], end)
		if k < 0 {
			return len(b)
		}
		i += 2 + k + len(end)
	}
}
