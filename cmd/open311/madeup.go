package main

import (
	"net/http"
	"sync"
	"time"

	"github.com/go-open311/open311/open311test"
)

// madeUp is the key of a city in memory, for those who try the program: it needs no network and no key, and what is filed
// there ends with the program.
const (
	madeUp         = "quillhaven"
	madeUpEndpoint = "https://quillhaven.example/open311/v2"
)

// madeUpCity is the same city for all commands of a process.
var madeUpCity = sync.OnceValue(func() *http.Client {
	return &http.Client{Transport: open311test.NewHandler(open311test.WithClock(time.Now)).Transport()}
})
