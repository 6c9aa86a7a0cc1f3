// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/json"
	"fmt"
	"strconv"

	"kresd-manager/internal/config"
)

// CacheGC returns the arguments of kres-cache-gc, nil if it must not run.
func CacheGC(c *config.Config) []string {
	gc := c.Cache.GarbageCollector
	if !gc.Enable {
		return nil
	}
	// An interval of 0 ms would mean "once".
	interval := max(milliseconds(gc.Interval), 1)
	args := []string{
		"-c", c.Cache.Storage,
		"-d", strconv.FormatInt(interval, 10),
		"-u", strconv.Itoa(gc.Threshold),
		"-f", strconv.Itoa(gc.Release),
		"-l", strconv.Itoa(gc.RWDeletes),
		"-L", strconv.Itoa(gc.RWReads),
		"-t", strconv.FormatInt(gc.TempKeysSpace>>20, 10),
		"-m", strconv.FormatInt(microseconds(gc.RWDuration), 10),
		"-w", strconv.FormatInt(microseconds(gc.RWDelay), 10),
	}
	if gc.DryRun {
		args = append(args, "-n")
	}
	if verboseGC(c.Logging) {
		args = append(args, "-v")
	}
	return args
}

// CacheGCArguments returns the text of the file from which kres-gc.service takes
// its arguments (kresd-component --arguments): a JSON list, empty if it must not
// run.
func CacheGCArguments(args []string) string {
	if args == nil {
		args = []string{}
	}
	b, err := json.Marshal(args)
	if err != nil {
		panic(fmt.Sprintf("render: strings do not encode: %v", err))
	}
	return string(b) + "\n"
}
