// SPDX-License-Identifier: Apache-2.0

// Package rollout decides how one release gets to many hosts: which host may start
// next, when that is enough, and when all go back. It is pure: no clock, no store, no
// goroutine. Who decides, and how a decision gets to the hosts, is left to package
// leader; what a host does with it, to package agent.
//
// A host starts only when the record admits it: its rank, a number that is another one
// for each rollout, is not above the threshold of its ring. A threshold admits only
// hosts that whoever set it knew to be ready ([Record.Basis]), and a start counts only
// if the record has not changed meanwhile. So whoever writes the record says exactly
// how many hosts start, and the record stays small however many there are.
package rollout
