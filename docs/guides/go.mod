module github.com/go-open311/open311/docs/guides

go 1.26.0

require (
	github.com/go-open311/open311 v0.0.0
	github.com/go-open311/open311/otel v0.0.0
	github.com/klauspost/compress v1.20.1
	modernc.org/sqlite v1.62.0
)

replace (
	github.com/go-open311/open311 => ../..
	github.com/go-open311/open311/otel => ../../otel
)
