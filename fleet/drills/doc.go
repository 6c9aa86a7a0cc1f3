// SPDX-License-Identifier: Apache-2.0

// Package drills breaks a real etcd, and those that decide with it, under a fleet of package
// sim, and measures what a fleet asks of it. It has tests alone: short ones, and with
// make bench-fleet those of 1,000 hosts.
package drills
