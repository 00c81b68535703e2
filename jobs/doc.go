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
// [Follow] comes once in Config.Every for each city. It finds out what has changed, by the feed of package open311, and
// stores the changes, the checkpoint that covers them, and that the job is done, in one transaction. A city that is new is
// harvested first: [Harvest] finds where its history begins, and cuts it into shards of about as many rows each; [Shard]
// reads one of them. [Check] looks whether a server is there. [File] files a report that [Runner.File] has put into the
// outbox.
//
// A job is in the queue once at a time. What fails is tried again, later each time; what a server asks for by
// Retry-After is done then, and the whole fleet leaves its host alone until that time. A job that is cancelled ends its
// calls at once. No transaction is open while a call to a city is made.
//
// # What is kept
//
// Table open311_request has each request of each city once, with the record as JSON and when it was first and last
// seen; open311_change has each change once, in the order in which it was found; see [DB.Tables]. [Config] has a place for
// a [Sink] of one's own, which writes in the same transactions. What a client learned of a server is kept too, so that
// six processes ask no more than one.
//
// # Processes that die
//
// What a dead process had in hand is taken over after Config.Timeout and a quarter of it. Whatever it had stored stays
// true: requests are there once, changes are told once, and of a report that may have been sent the city is asked first.
// Where that does not settle it, it waits for a person: [DB.Waiting], [Runner.Decide]. A process that only seemed to be dead
// cannot complete a job, store a checkpoint or send a report any more that another one has taken over.
//
// # Courtesy
//
// Calls to a host are spaced over all processes that share the database, by the limit of the host's strictest row. A job that
// would have to wait for long goes back to the queue.
package jobs
