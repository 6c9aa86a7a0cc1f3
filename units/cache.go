// SPDX-License-Identifier: Apache-2.0

package units

// CacheStatistics is the state of the cache that the workers share, and what each has
// done with it.
type CacheStatistics struct {
	// Entries are how many there are, and Usage which part of the cache they fill, 0
	// to 100. SizeBytes is what it may grow to.
	Entries   int64         `json:"entries"`
	Usage     float64       `json:"usage-percent"`
	SizeBytes int64         `json:"size-bytes"`
	Workers   []CacheWorker `json:"workers"`
}

// CacheWorker counts, since the worker started, what it has done with the cache.
type CacheWorker struct {
	Unit   string `json:"unit"`
	Reads  int64  `json:"reads"`
	Misses int64  `json:"read-misses"`
	Writes int64  `json:"writes"`
	// Answers to clients, and those of them that came from the cache alone.
	Answers int64 `json:"answers"`
	Cached  int64 `json:"answers-cached"`
	// Error is why the worker gave nothing, "" if it did.
	Error string `json:"error,omitempty"`
}
