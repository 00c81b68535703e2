// Bench measures this module beside what else reads JSON and XML, and prints tables in Markdown:
//
//	go -C internal/bench run .
//
// It is a module of its own, so that nobody else requires its peers, and it is never published. What the tables say and
// how they are made is in docs/performance.md.
package main
