// SPDX-License-Identifier: Apache-2.0

// Package input knows the files that a configuration names: which ones there
// are, what they hold, and what the processes that run have read of them. What
// comes of a difference is decided in package units.
package input
