/* SPDX-License-Identifier: ISC */
#ifndef RG_BASE_VERSION_H
#define RG_BASE_VERSION_H

#define RG_VERSION "0.1.0"

#endif
