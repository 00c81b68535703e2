package open311test

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/go-open311/open311/internal/wire"
)

// page is an HTML page where data was asked for.
func (c *conversation) page(status int) answer {
	c.label = "text/html; charset=utf-8"
	return answer{status, htmlPage(status)}
}

func htmlPage(status int) []byte {
	title := strconv.Itoa(status) + " " + http.StatusText(status)
	return []byte("<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>" + title + "</title></head>\n<body><h1>" + title +
		"</h1><p>The town hall apologises.</p></body>\n</html>\n")
}

func (c *conversation) plain(status int, text string) *answer {
	c.label = "text/plain; charset=utf-8"
	return &answer{status, []byte(text + "\n")}
}

// instead answers what this server has no good answer to.
func (c *conversation) instead(a Answer, faults ...fault) answer {
	switch a {
	case 0, AnswerIgnored, AnswerAnother:
		return c.refuse(faults...)
	case AnswerEmpty:
		return c.requests(nil, 0, c.Lists)
	case AnswerBroken:
		return answer{status: http.StatusInternalServerError}
	case AnswerNothing:
		c.label = "text/html"
		return answer{status: http.StatusOK}
	}
	for i := range faults {
		faults[i].status = int(a)
	}
	if a == http.StatusInternalServerError && len(faults) > 0 {
		faults = faults[:1]
	}
	return c.refuse(faults...)
}

// refuse answers with what is wrong with a call.
func (c *conversation) refuse(faults ...fault) answer {
	for i, x := range faults {
		if to, ok := c.ErrorStatus[x.status]; ok {
			faults[i].status = to
		}
	}
	if c.ErrorSummary && len(faults) > 0 {
		faults = append([]fault{{faults[0].status, "the request is not valid"}}, faults...)
	}
	plain := errorAnswer(nil, c.f, faults...)
	shape := c.Errors
	if c.f == wire.XML && c.XMLErrors != 0 {
		shape = c.XMLErrors
	}
	switch shape {
	case ErrorPage:
		return c.page(plain.status)
	case ErrorPlain:
		return *c.plain(plain.status, faults[0].text)
	case ErrorEmpty:
		return answer{status: plain.status}
	case ErrorDeclaration:
		return answer{plain.status, []byte(wire.Header)}
	case ErrorBroken:
		return answer{plain.status, []byte(wire.Header + "<errors><error><description>" + "no</description></errors></error>")}
	}
	rows := make([]wire.Value, len(faults))
	for i, x := range faults {
		rows[i] = c.errorRow(x)
	}
	return answer{plain.status, c.errorBody(shape, rows)}
}

func (c *conversation) errorRow(x fault) wire.Value {
	v := valueOfError(x)
	if c.TextCode {
		code := v.Field("code")
		code.Kind, code.Text = wire.Text, code.Text+" - "+strings.ToLower(http.StatusText(x.status))
	}
	if c.NoErrorCode {
		v.Kids = v.Kids[1:]
	}
	return v
}

func (c *conversation) errorBody(shape ErrorShape, rows []wire.Value) []byte {
	text := *rows[0].Field("description")
	object := func(kids ...wire.Value) wire.Value { return wire.Value{Name: "error", Kind: wire.Object, Kids: kids} }
	word := func(name string) wire.Value { return wire.Value{Name: name, Kind: wire.Text, Text: text.Text} }
	d := document{root: "errors", item: "error", kind: kindError}
	if c.f == wire.XML {
		switch shape {
		case ErrorObject, ErrorBare:
			return c.write(document{root: "error", kind: kindError}, rows[:1])
		case ErrorMessage, ErrorFields:
			return c.write(document{root: "error", kind: kindError}, []wire.Value{object(word("message"))})
		case ErrorText:
			return c.write(document{root: "error", kind: kindError}, []wire.Value{word("error")})
		case ErrorRequests:
			return c.write(document{root: requestTable.Root, item: requestTable.Item, kind: kindError}, rows)
		}
		return c.write(d, rows)
	}
	alone := document{kind: kindError}
	switch shape {
	case ErrorEnvelope:
		d.shape = UnderRoot
	case ErrorObject:
		rows[0].Name = "error"
		return c.write(alone, []wire.Value{object(rows[0])})
	case ErrorBare:
		return c.write(alone, rows[:1])
	case ErrorMessage:
		return c.write(alone, []wire.Value{object(word("message"))})
	case ErrorFields:
		field, _, _ := strings.Cut(text.Text, " ")
		return c.write(alone, []wire.Value{object(wire.Value{Name: field, Kind: wire.List, Kids: []wire.Value{word("")}})})
	case ErrorText:
		return c.write(alone, []wire.Value{object(word("error"))})
	}
	return c.write(d, rows)
}
