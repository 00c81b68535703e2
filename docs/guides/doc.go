// Package guides holds the code of the pages in this directory, so that it is compiled and tested. Nothing imports it:
// copy what you need.
package guides
