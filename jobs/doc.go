// Package jobs keeps copies of many cities up to date, and files reports, by jobs in a queue: on one machine with a file of
// SQLite, on many with PostgreSQL. The queue is River; this package has its jobs, and the tables they fill.
//
//	db, err := jobs.Open(ctx, "cities.sqlite") // or "postgres://db.example/cities"
//	chicago, err := servers.Lookup("chicago")
//	r, err := jobs.New(db, jobs.Config{Cities: []servers.Server{chicago}})
//	err = r.Run(ctx) // in as many processes as there are
//
// # Jobs
//
// [Follow] runs once every Config.Every for each city. It finds out what has changed, by the feed of package open311, and
// stores the changes, the checkpoint that covers them, and that the job is done, in one transaction. A city that is new is
// harvested first: [Harvest] finds where its history begins, and cuts it into shards of about as many rows each; [Shard]
// reads one of them. [Check] looks whether a server is there. [File] files a report that [Runner.File] has put into the
// outbox.
//
// The queue never has the same job twice. A job that fails is tried again, after longer and longer waits. When a server
// asks to wait, by Retry-After, the whole fleet leaves its host alone until then. A job that is cancelled ends its calls at
// once. No transaction is open while a call to a city is made.
//
// # What is kept
//
// Table open311_request has each request of each city once, with the record as JSON and when it was first and last
// seen; open311_change has each change once, in the order in which it was found; see [DB.Tables]. A [Sink] of
// your own, in [Config], writes in the same transactions. What a client learned of a server is kept too, so that
// six processes ask no more than one.
//
// # Processes that die
//
// The jobs of a process that has died are taken over after Config.Timeout and a quarter of it. Requests are stored once and
// changes are told once all the same. If a report may have been sent, the city is asked whether it has it; if that does not
// settle the question, the report waits for a person: see [DB.Waiting] and [Runner.Decide]. A process that only seemed to
// be dead can no longer complete the jobs that were taken over, store their checkpoints or send their reports.
//
// # Courtesy
//
// Calls to a host are spaced over all processes that share the database, by the limit of the host's strictest row. A job that
// would have to wait for long goes back to the queue.
package jobs
