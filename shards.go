package open311

import "time"

// Shards splits the query into n queries that have no request in common and together ask for the same:
// by id if ids are asked for, else by time of request, at whole seconds. They are plain data, so that
// they can be sent to other machines as JSON; each is listed with [RequestClient.All].
//
// A query without Start cannot be split, since no one knows where it begins; it comes back alone, as does
// one that is too short for n. A query without End is split at the present; its last shard stays open.
// Requests that bear no date at all are given by every shard if the server does not look at dates.
func (q *Query) Shards(n int) []Query {
	if len(q.IDs) > 0 {
		return q.shardIDs(n)
	}
	end := q.End
	if end.IsZero() {
		end = time.Now()
	}
	start := q.Start.Truncate(time.Second)
	seconds := int64(end.Sub(start) / time.Second)
	if n < 2 || q.Start.IsZero() || seconds < int64(n) {
		return []Query{*q}
	}
	out := make([]Query, n)
	for i := range out {
		out[i] = *q
		if i > 0 {
			out[i].Start = start.Add(time.Duration(seconds*int64(i)/int64(n)) * time.Second)
			out[i-1].End = out[i].Start.Add(-time.Second)
		}
	}
	return out
}

func (q *Query) shardIDs(n int) []Query {
	n = min(n, len(q.IDs))
	var out []Query
	for i := range max(n, 1) {
		part := *q
		part.IDs = q.IDs[len(q.IDs)*i/max(n, 1) : len(q.IDs)*(i+1)/max(n, 1)]
		out = append(out, part)
	}
	return out
}
