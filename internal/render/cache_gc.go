// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strconv"
	"strings"

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

// CacheGCEnvironment returns the text of the EnvironmentFile= (systemd.exec(5))
// from which kres-gc.service takes its arguments. The directory is a variable
// of its own because it may contain blanks.
func CacheGCEnvironment(args []string) string {
	if args == nil {
		return "# Garbage collection is off.\n"
	}
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", `$`, `\$`).Replace(args[1])
	return fmt.Sprintf("KRES_GC_STORAGE=\"%s\"\nKRES_GC_ARGS=\"%s\"\n", quoted, strings.Join(args[2:], " "))
}
