package wire

import "strings"

// refuses reports whether the object nodes[n] says that the call has failed: by a flag, by a status word,
// by a code from 400 on, or by an error in it. Of a record, which has a key, the status word says nothing.
func (s *scan) refuses(n int32, record bool) bool {
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		d := &s.nodes[k]
		if d.kind == Null {
			continue
		}
		full := d.next > k+1
		word := ""
		if d.kind < List {
			word = strings.ToLower(string(trim(s.text(d))))
		}
		switch string(squeeze(s.name(d))) {
		case "success", "ok", "succeeded", "successful", "issuccess", "issuccessful":
			if word == "false" || word == "0" || word == "no" || word == "n" {
				return true
			}
		case "error", "errors", "fault", "faults", "exception", "iserror", "haserror", "haserrors", "failed":
			if full || word != "" && word != "false" && word != "0" && word != "no" && word != "none" {
				return true
			}
		case "status", "result", "state", "outcome":
			if !record && (isFailure(word) || isErrorCode(word)) {
				return true
			}
		case "code", "statuscode", "httpstatus", "httpcode", "httpstatuscode", "errorcode", "errcode":
			if isErrorCode(word) {
				return true
			}
		}
	}
	return false
}

// isFailure reports whether a status is the word of a server for a call that went wrong.
func isFailure(word string) bool {
	switch word {
	case "error", "err", "errors", "fail", "failed", "failure", "exception", "nok", "ko", "false", "invalid", "unauthorized",
		"unauthorised", "forbidden", "denied", "bad request", "not found", "fatal":
		return true
	}
	return false
}

// isErrorCode reports whether word begins with a status of HTTP from 400 on.
func isErrorCode(word string) bool {
	return len(word) >= 3 && digits([]byte(word), 0) == 3 && (word[0] == '4' || word[0] == '5')
}

// hasWords reports whether a direct field of nodes[n] has a name that errors have and records have not.
func (s *scan) hasWords(n int32) bool {
	for k := n + 1; k < s.nodes[n].next; k = s.nodes[k].next {
		if s.nodes[k].kind == Null {
			continue
		}
		switch string(squeeze(s.name(&s.nodes[k]))) {
		case "code", "error", "errors", "message", "msg", "detail", "reason", "title", "fault", "faultstring", "errorcode",
			"errormessage", "exception", "success", "statuscode":
			return true
		}
	}
	return false
}
