// SPDX-License-Identifier: Apache-2.0

package render

import "time"

// The daemons take whole numbers of different units; the rest is cut off.
func seconds(d time.Duration) int64      { return int64(d / time.Second) }
func milliseconds(d time.Duration) int64 { return d.Milliseconds() }
func microseconds(d time.Duration) int64 { return d.Microseconds() }
