/* fault.h - the last words of a dying child, written into its slot. */
#ifndef CORE_FAULT_H
#define CORE_FAULT_H

#include "process/board.h"

/* Handles SEGV, BUS, FPE, ILL, ABRT and SYS on a stack of its own, writes signal, address and
 * backtrace into slot->fault and lets the signal do its work. */
void fault_arm(struct board *board, struct slot *slot);

#endif
