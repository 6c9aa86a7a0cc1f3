// SPDX-License-Identifier: Apache-2.0

// Package generator says what of Knot Resolver a machine starts at boot, in the
// form that systemd.generator(7) asks for: links in kresd.target.wants, and
// drop-ins. It leaves to the program kresd-generator when that happens and with
// what rights, and to kresd-manager what the workers read.
//
// Two sides that do not trust one another share it. [Read] looks at files that
// may hold anything, without rights. What it found crosses to the other side as
// lines of text ([Findings.Encode], [Decode]); that side runs as root, accepts
// only numbers and names from a short list of forms, and writes ([Tree.Write]).
//
// Nothing in it starts a goroutine or reads a clock.
package generator
