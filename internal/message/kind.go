// SPDX-License-Identifier: Apache-2.0

// Package message names the kinds of messages that the manager logs, and what a
// message is about. In the journal a kind is the field MESSAGE_ID, which the catalog
// explains (journalctl -x, packaging/catalog), and the rest are fields with names
// that begin with KRES_. How they get there is left to internal/journal/native.
package message

// Kind is the ID of a kind of messages (sd_journal_print(3), MESSAGE_ID): 128 bits
// in hexadecimal. An ID is never given to another kind, and what is logged in its
// name keeps its meaning: scripts of others look for it.
type Kind string

// Kinds of messages.
const (
	// ChangeBegun: a change of the configuration begins to be carried out.
	ChangeBegun Kind = "a8357be718f142c4a067351b3570f5a5"
	// ChangeApplied: a change is in force.
	ChangeApplied Kind = "f19c56d847e247acb7fbe874a0fd12b6"
	// ChangeFailed: a change was refused or failed, and what ran before runs.
	ChangeFailed Kind = "2c9098dc4b024634b23bd87e837f8a2b"
	// ChangeNotRestored: a change failed, and what ran before could not be restored completely.
	ChangeNotRestored Kind = "765b2051e4534b799e47c733c593f283"
	// ChangeRestoring: a change failed, and what ran before is restored.
	ChangeRestoring Kind = "2b6f01b9c1f54173a8056ce75ebe6683"
	// ChangeWaits: a change is undone unless it is confirmed.
	ChangeWaits Kind = "6607607906d844209a59c4774a0e3f48"
	// ChangeConfirmed: a change was confirmed, and stays.
	ChangeConfirmed Kind = "6455bd5386b74ef58df62fd28c4db2e1"
	// ChangeUndone: no one confirmed a change in time, and it is undone.
	ChangeUndone Kind = "6c875a6ed26a4d19ae1208178c874817"
	// ChangeDefect: a change met a defect of this program.
	ChangeDefect Kind = "a23b73d62b7b4204859c86b51a2078de"
	// StepDone: one step of a change or of a repair is done.
	StepDone Kind = "084abdceb21c4afe92146dfbf5ea04d3"
	// StepFailed: one step of a change or of a repair failed.
	StepFailed Kind = "e816cc0275374554aa4cf52488854f0a"
	// UnitCrashed: a unit ended by itself, and systemd started it again.
	UnitCrashed Kind = "0a61572302894f96819ce5654292696f"
	// Drift: a unit is not as the configuration wants it, and is repaired.
	Drift Kind = "b8bd354cfb0d42b798d2ce0ffcc75d0b"
	// Repaired: what had drifted is as the configuration wants it.
	Repaired Kind = "e35404f624194d7889f430c6041fd256"
	// RepairFailed: what had drifted could not be repaired; it is tried again.
	RepairFailed Kind = "e42410c93584434dba209022dad33da5"
	// WorkersRestored: workers did not stay up after a change, and what ran before is restored.
	WorkersRestored Kind = "f1eb35a4eb4343f9902ab741f2eb9bad"
	// ResolverDown: a needed component ended, and the resolver is stopped.
	ResolverDown Kind = "8abea4c77461402c9043d8d0c3ee6281"
	// SourceDegraded: a file that rules come from could not be loaded.
	SourceDegraded Kind = "26c23cb65e5f413da10c1eb86dc87449"
	// FileUnusable: a file that the configuration names cannot be used.
	FileUnusable Kind = "63a2c948317b400780622b2455d56bfa"
	// UnitFault: systemd has a unit running, and it does not do its work.
	UnitFault Kind = "c950db91c1364f76b3c06a3b98810bee"
	// GroundLost: a directory or a socket that units need is gone.
	GroundLost Kind = "d1cdb81b860e463a965d1b9188ecdace"
	// Ready: the manager serves its API.
	Ready Kind = "efc9bed7797f4763ae718e7801a3362c"
	// StartFailed: the manager ends because it cannot start or go on.
	StartFailed Kind = "209cdf641f19459bbab18e07f015018c"
	// BusLost: systemd cannot be reached.
	BusLost Kind = "bfc42686072f4359a7f2cfd18216c5bb"
	// BusBack: systemd is reached again.
	BusBack Kind = "5d1f9557a59b4cc384a89dbc61aac4c9"
	// Request: a client used the API for more than reading.
	Request Kind = "f17683f2f38340e0b68b00bf6d7da40b"
	// RequestRefused: a request was refused for lack of rights.
	RequestRefused Kind = "0e2ea36e93fb4c0285b041d75790ec6f"
	// MessagesLost: the journal did not take some messages.
	MessagesLost Kind = "97d885e6bf294ec3a73552111c3ef4bc"
)

// Kinds lists all kinds.
var Kinds = []Kind{
	ChangeBegun, ChangeApplied, ChangeFailed, ChangeNotRestored, ChangeRestoring, ChangeWaits, ChangeConfirmed,
	ChangeUndone, ChangeDefect, StepDone, StepFailed, UnitCrashed, Drift, Repaired, RepairFailed,
	WorkersRestored, ResolverDown, SourceDegraded, FileUnusable, UnitFault, GroundLost, Ready, StartFailed,
	BusLost, BusBack, Request, RequestRefused, MessagesLost,
}
