module github.com/go-open311/open311/cmd/open311

go 1.26.0

require (
	github.com/alecthomas/kong v1.17.0
	github.com/go-open311/open311 v0.0.0
)

require (
	github.com/google/go-querystring v1.2.0 // indirect
	github.com/hashicorp/go-cleanhttp v0.5.2 // indirect
	github.com/hashicorp/go-retryablehttp v0.7.8 // indirect
	golang.org/x/text v0.44.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/go-open311/open311 => ../../
