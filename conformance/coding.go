package conformance

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"
	"strings"
)

// decoded undoes a Content-Encoding that the HTTP client has left on a body. Others than gzip were not asked for.
func decoded(coding string, body []byte) ([]byte, error) {
	if !strings.EqualFold(coding, "gzip") || len(body) == 0 {
		return body, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, maxBody+1))
}

// notCoded: what cannot be unpacked is a fault of the server, and no trouble on the way.
func notCoded(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt)
}

// judgeCoding looks for answers that cannot be unpacked. What they would have said is not judged.
func judgeCoding(s *session, f Format) outcome {
	seen := false
	for _, x := range s.log {
		if x.format != f || x.err != nil {
			continue
		}
		seen = true
		if x.coded != nil {
			return broken(x, "the body cannot be unpacked: %v", x.coded)
		}
	}
	if !seen {
		return cannot("there was no answer in %s", upper(f))
	}
	return fine
}
