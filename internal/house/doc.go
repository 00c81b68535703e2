// Package house holds the tests that keep the shape of this module: how many files a package has, how much
// they use each other, which packages may import which, and how long files and functions are.
//
//	go test ./internal/house -v                        # the rules, and a table of all packages
//	go test ./internal/house -v -arrows=internal/wire  # which file uses which, and what of it
package house
