/* SPDX-License-Identifier: MIT */
/* matrix.h: Matrix accounts as networks (chat.h), by the client-server API v1.19. */
#ifndef CHAT_MATRIX_MATRIX_H
#define CHAT_MATRIX_MATRIX_H

#include "chat/chat.h"

extern const struct chat_class matrix_class;

#endif
