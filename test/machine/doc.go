// SPDX-License-Identifier: Apache-2.0

// Package machine boots a real systemd as PID 1, in namespaces of its own, on a
// throw-away overlay over a cached Debian root, and runs commands, file accesses
// and network connections of a test inside it. It leaves to others what is tested
// there: it knows how to start and end a machine, nothing about kresd-manager.
//
// It needs root, Linux 5.14 or later with overlayfs and a cgroup2 mount, and, for
// the first run on a host, a Debian package mirror. It needs no KVM and no
// container tool, and the host's own PID 1 may be anything.
//
// A machine is bound to the process that booted it: when that process ends, for
// whatever reason, the kernel kills the machine. What is left then, an empty cgroup
// folder and a state folder, is swept by the next Boot. Options.Keep lifts the bond.
//
// Tests use [Start] for a machine of their own or [Main] for one per package; both fail
// when no machine can be booted, and never skip. The environment may set
//
//	KRESD_MANAGER_TEST_MIRROR  the Debian archive to install from; else the host's own
//	KRESD_MANAGER_TEST_CACHE   where root trees are kept, /var/cache/kresd-manager-test
//	KRESD_MANAGER_TEST_STATE   where running machines are listed, /run/kresd-manager-test
//	KRESD_MANAGER_TEST_KEEP    not empty: tests leave their machines running
//	KRESD_MANAGER_TEST_ATTACH  the name of a machine left running: Main takes it and leaves it
//	KRESD_MANAGER_TEST_BESIDE  not empty: other tests run at the same time, see [Alone]
//	KRESD_MANAGER_TEST_TURN    a file that is locked while they do
package machine
