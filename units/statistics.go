// SPDX-License-Identifier: Apache-2.0

package units

import (
	"encoding/json"
	"errors"
	"fmt"
)

// WorkerStatistics is what one worker has counted.
type WorkerStatistics struct {
	Unit string
	// Counts is the JSON object that the worker gave, nil if it gave none.
	Counts json.RawMessage
	// Error is why it gave none, "" if it did.
	Error string
}

// InstanceID names the worker in statistics, in the shape that Knot Resolver's
// own manager uses: "kresd:kresd1".
func (w WorkerStatistics) InstanceID() string { return "kresd:kresd" + Instance(w.Unit) }

// Answers are how many answers the worker has given to clients, and how many of them
// came from the cache alone.
func (w WorkerStatistics) Answers() (total, cached int64) {
	var counted struct {
		Answer struct{ Total, Cached float64 }
	}
	if json.Unmarshal(w.Counts, &counted) != nil {
		return 0, 0
	}
	return int64(counted.Answer.Total), int64(counted.Answer.Cached)
}

// CacheClear says what is to be removed from the cache. The zero value is all
// of it.
type CacheClear struct {
	// Name is a domain name in normal form; it and all below it are removed.
	// "" is everything.
	Name string
	// Exact leaves what is below the name.
	Exact bool
	// Type is a type of records, "" for all; it needs Exact.
	Type string
	// Chunk is how many entries are removed at a time, 0 for the worker's
	// default.
	Chunk int
}

// WorkerError is what a worker says of a command that it does not carry out.
type WorkerError struct {
	Unit    string
	Message string
}

func (e *WorkerError) Error() string { return fmt.Sprintf("%s refuses: %s", e.Unit, e.Message) }

// ErrNoWorker means that a command needs a worker and none answers.
var ErrNoWorker = errors.New("no worker answers")
