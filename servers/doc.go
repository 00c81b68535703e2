// Package servers is a catalogue of public GeoReport v2 servers: where they are, which dialect they
// speak, and where each departs from that.
//
//	client, err := servers.Open("chicago", open311.WithAPIKey(key))
//
// gives a client with the dialect, jurisdiction, formats and rate limit of the row. [Lookup] gives the
// row itself, and [All] the rows that are worth trying. Names are found whatever their case, accents
// and punctuation: "Köln", "koeln", "KÖLN" and "koln" are one. A name that no server has, or that could
// mean several, is an error that lists the near ones; nothing is guessed.
//
// # What the data is
//
// It was put together on 23 November 2026 from the lists that other clients ship, from the servers'
// documentation and from what others wrote about their probes of June to September 2026; the sources
// stand in each row. This package has asked no server anything, neither then nor when it is used.
// Lists of Open311 servers go stale fast, so look at [Server.Status] and [Server.LastSeen] before you
// rely on a row:
//
//   - [Live] servers gave a sign of life in 2026, mostly to a dated probe.
//   - [Listed] ones stand in a list that was kept up to 2025.
//   - [Blocked] ones are up and turn unknown networks away.
//   - [Unverified] ones are known from old lists and code. They open like the others, but All leaves
//     them out: expect them to be gone.
//   - [Retired] ones are gone. Lookup finds them; Open gives a [*RetiredError] that says why and names a
//     successor if there is one.
//
// There is no API key in the data: ask for one at [Server.KeyURL]. Nor are there coordinates, so the
// catalogue cannot tell which server is nearest to a place.
//
// # Test servers
//
// [OpenTest] opens a city's test server, and [Open] the one in production. Neither ever falls back to the other. Try
// reports on test servers.
//
// # Rate limits
//
// A host counts the calls for all its cities together, so the clients that a program opens for one host, such as those
// of two organisations on SeeClickFix, share one limiter. A key may allow more calls than the row says:
// [open311.WithRateLimit] overrides it, for that client alone.
//
// # Time zones
//
// Some rows name a time zone. A program for an image without a time zone database, such as scratch, imports
// time/tzdata, which adds half a megabyte; without it [Open] returns an error that says so for those rows.
//
// # Your own rows
//
// [Load] reads a file like this package's servers.json, and [Catalogue.With] adds its rows to another
// catalogue, or puts them in the place of the rows with the same keys:
//
//	{"servers": [
//	  {"key": "springfield", "name": "Springfield", "base_url": "https://311.springfield.example/open311/v2/",
//	   "jurisdiction_id": "springfield.example", "dialect": "spot", "quirks": {"requires": ["email"]}}
//	]}
//
// The members of a row are those of [Server]. Only key and base_url are required. A member that does not
// exist is an error, so that a misspelt one is not lost. Besides servers a file may have "date"; "sources", an object
// of sources under short names, which rows use; and "platforms", an object with what all rows that name a platform have
// in common.
package servers
