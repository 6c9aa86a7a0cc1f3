// SPDX-License-Identifier: Apache-2.0

// Package durable writes files: whole or not at all, flushed to the disk, and
// never readable for a moment by anyone who may not read them in the end. All
// files that the project writes are written here; what is in them is left to
// others. [Read] and [ReadRegular] read whole files, and never wait.
//
// [Write], [Link] and [WriteFolder] are for what is ours alone. [Save] is for a
// person's file, by these rules:
//
//   - A new file has the mode that is asked for, less the umask, or the default
//     access control list of its directory, limited by that mode (acl(5), OBJECT
//     CREATION AND DEFAULT ACLs). It gets its name when it is complete.
//   - A file that is there is replaced by one with exactly its owner, group, mode,
//     access control list and other extended attributes. The default list of the
//     directory adds nothing. What cannot be kept is named, and then nothing is
//     changed. Not kept are the bits and capabilities that would let it run as
//     someone else, which the kernel drops at every write, and checksums that the
//     kernel makes itself.
//   - Whoever may not write to the file may not replace it, even where the
//     directory would allow it.
//   - A symbolic link stays one, and what it leads to is replaced. If that is not
//     there it is made, as a shell does it: who prepares a link wants the file at
//     its end.
//   - A link of another user than root and the caller leads to files of that user,
//     and to new files in directories of that user; otherwise it is refused. Whoever
//     owns the directory could else have root write anywhere. In a sticky directory
//     that others can write to, links, files and FIFOs of others are refused, as
//     fs.protected_symlinks, fs.protected_regular and fs.protected_fifos do
//     (proc_sys_fs(5)), whatever those are set to.
//   - A file with several names (hard links) is refused. To replace it would part
//     the names, to write into it would not be atomic, and would change the copies
//     of a backup that is made of links.
//   - A FIFO or a character device is written to, and no one is waited for who does
//     not read. A descriptor of the caller (/dev/stdout, /dev/fd/N) is written to as
//     it is. Directories, sockets and block devices are refused.
//   - A change of the file meanwhile is [ErrChanged], and nothing is written. Between
//     the last look and the renaming there is no more than that one system call.
//
// A path is resolved once, one component after another, by descriptors. All that
// follows goes through the descriptor of the directory that was found, so that
// whoever can rename things on the way gains nothing by it.
//
// A file in the making has no name (O_TMPFILE in open(2)), except for the moment
// before it takes the place of another one, and on file systems that know no
// such files. It is then called .NAME.new-RANDOM: a crash can leave that behind,
// nothing reads it, and it may be removed, as [Sweep] does.
//
// All functions are safe for concurrent use.
package durable
