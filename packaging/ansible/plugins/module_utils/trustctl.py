# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the trustctl maintainers
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Calls trustctl and reads its JSON."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import base64
import binascii
import hashlib
import json
import re

ARGUMENTS = dict(
    executable=dict(type='path', default='/usr/bin/trustctl'),
    reason=dict(type='str', default='ansible'),
)

# What opens, what is Base64, what closes: a certificate in PEM.
BLOCK = re.compile(r'-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(.*?)-----END (?:X509 |TRUSTED )?CERTIFICATE-----', re.S)


def fingerprints(pem):
    """SHA-256 of each certificate in a text."""
    found = []
    for block in BLOCK.findall(pem):
        try:
            der = base64.b64decode(''.join(block.split()), validate=True)
        except (binascii.Error, ValueError):
            continue
        found.append(hashlib.sha256(der).hexdigest())
    return found


def plain(fingerprint):
    """A fingerprint as trustctl writes it."""
    return re.sub(r'[:\s]', '', fingerprint).lower()


class Trustctl(object):
    """The program on the target."""

    def __init__(self, module):
        self.module = module
        self.program = module.params['executable']

    def call(self, arguments, data=None, answers=(0, 1)):
        """The report of a call; a refusal or failure ends the module with the program's own words."""
        command = [self.program, '--format', 'json'] + arguments
        code, out, err = self.module.run_command(command, data=data, binary_data=True)
        try:
            document = json.loads(out) if out.strip() else {}
        except ValueError:
            document = {}
        if code not in answers or not isinstance(document.get('report'), dict):
            self.module.fail_json(rc=code, changed=False, **self.refusal(document, err))
        return code, document['report'], err

    @staticmethod
    def refusal(document, err):
        """Message, details and hint of a refusal: from the JSON, where the version has it there, else from standard error."""
        error = document.get('error')
        if isinstance(error, dict):
            parts = [error.get('message') or 'trustctl failed'] + list(error.get('details') or [])
            return dict(msg='; '.join(parts), hint=error.get('hint') or '', stderr=err)
        message, hint = [], ''
        for line in err.splitlines():
            if line.startswith('error: '):
                message = [line[len('error: '):]]
            elif line.startswith('hint: '):
                hint = line[len('hint: '):]
            elif line.startswith('  ') and message:
                message.append(line.strip())
        return dict(msg='; '.join(message) or 'trustctl failed: %s' % err.strip(), hint=hint, stderr=err)

    def change(self, arguments, data=None):
        """Carries a change out, or rehearses it in check mode; what stays open becomes a warning."""
        options = ['--reason', self.module.params['reason']]
        if self.module.check_mode:
            options.append('--dry-run')
        code, report, err = self.call(arguments[:1] + options + arguments[1:], data=data)
        if code == 1:
            said = [line[len('warning: '):] for line in err.splitlines() if line.startswith('warning: ')]
            for line in said or ['something is still open']:
                self.module.warn(line)
        return report

    def finish(self, report, **more):
        """Ends the module with what a change came to."""
        lines = dict(
            before=''.join('%s %s\n' % (one['sha256'], one['subject']) for one in report['removed']),
            after=''.join('%s %s\n' % (one['sha256'], one['subject']) for one in report['added']),
        )
        if report['repaired'] and not lines['before'] and not lines['after']:
            lines['before'] = ''.join('%s\n' % line for line in report['repaired'])
        self.module.exit_json(
            changed=report['changed'],
            added=report['added'],
            removed=report['removed'],
            generation=report['generation'],
            open=report['open'],
            notes=report['notes'],
            diff=dict(before_header='trust', after_header='trust', **lines),
            **more
        )
