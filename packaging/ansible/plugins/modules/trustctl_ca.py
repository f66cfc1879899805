#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, the trustctl maintainers
# SPDX-License-Identifier: MIT OR Apache-2.0

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r'''
---
module: trustctl_ca
short_description: Local CA certificates of a Debian or Ubuntu host
version_added: "0.1.0"
description:
  - Adds CA certificates to the system trust store, or removes them, with C(trustctl).
  - What would hurt (a private key, a leaf certificate, a broken file) is refused with the reason, and the store stays as it was.
author:
  - trustctl maintainers (@trustctl)
options:
  state:
    description: Whether the certificates are to be there.
    type: str
    choices: [present, absent]
    default: present
  content:
    description: The certificates, in PEM.
    type: str
  src:
    description: A file with the certificates on the controller, in PEM.
    type: path
  path:
    description: A file or folder with the certificates on the target.
    type: path
  sha256:
    description:
      - The SHA-256 fingerprints of the certificates.
      - With O(state=present) nothing else is added; with O(state=absent) they are what is removed.
    type: list
    elements: str
    default: []
  name:
    description:
      - What the file in C(/usr/local/share/ca-certificates) is called, without C(.crt).
      - With O(state=absent), the file that is removed.
    type: str
  replace:
    description: Local certificates, by file name or SHA-256, that are removed in the same change.
    type: list
    elements: str
    default: []
  allow:
    description: Rules that do not refuse the certificates, for example V(expired).
    type: list
    elements: str
    default: []
  stores:
    description:
      - Stores that are to trust the CA beside the system's, as C(--to) of C(trustctl add) names them, for example
        V(browsers), V(java) or V(docker:registry.example.com). Removing takes it out of them again.
    type: list
    elements: str
    default: [system]
  reason:
    description: Why, for the record on the target.
    type: str
    default: ansible
  executable:
    description: The program on the target.
    type: path
    default: /usr/bin/trustctl
attributes:
  check_mode:
    description: The change is rehearsed.
    support: full
  diff_mode:
    description: The certificates that come and go.
    support: full
'''

EXAMPLES = r'''
- name: trust the corporate CA
  trustctl.fleet.trustctl_ca:
    src: corp-ca.crt
    sha256: 6b401eba3cacb6d0dd3d24ea5eed31d7c093a4ebe367e6e39a20cbbcf31f9b69

- name: replace it by its successor in one change
  trustctl.fleet.trustctl_ca:
    src: corp-ca-2027.crt
    replace: corp-ca.crt

- name: take it away
  trustctl.fleet.trustctl_ca:
    state: absent
    sha256: 6b401eba3cacb6d0dd3d24ea5eed31d7c093a4ebe367e6e39a20cbbcf31f9b69
'''

RETURN = r'''
added:
  description: Certificates that became trusted (in check mode, would).
  returned: success
  type: list
  elements: dict
  sample: [{"sha256": "6b401eba...", "subject": "CN=Example Corp Root CA"}]
removed:
  description: Certificates that ceased to be trusted.
  returned: success
  type: list
  elements: dict
  sample: []
generation:
  description: Under which number the change is on record.
  returned: success
  type: int
  sample: 7
open:
  description: What the change did not reach; each is a warning too.
  returned: success
  type: list
  elements: str
  sample: []
notes:
  description: What is worth knowing.
  returned: success
  type: list
  elements: str
  sample: []
hint:
  description: What to do about a refusal.
  returned: failure
  type: str
  sample: compare the SHA-256 with its owner's
'''

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.trustctl.fleet.plugins.module_utils.trustctl import ARGUMENTS, Trustctl, fingerprints, plain


def present(module, program):
    given = module.params
    arguments = ['add', '--yes']
    for fingerprint in given['sha256']:
        arguments += ['--sha256', plain(fingerprint)]
    for option in ('replace', 'allow'):
        for value in given[option]:
            arguments += ['--' + option, value]
    for store in given['stores']:
        arguments += ['--to', store]
    if given['name']:
        arguments += ['--name', given['name']]
    if given['content'] is not None:
        return program.change(arguments + ['-'], data=given['content'])
    if given['path'] is not None:
        return program.change(arguments + ['--', given['path']])
    module.fail_json(msg='state is present but none of the following are set: content, src, path')


def wanted(module):
    """The fingerprints that are to go, or None where they are named by file."""
    given = module.params
    if given['sha256']:
        return [plain(one) for one in given['sha256']]
    text = given['content']
    if text is None and given['path'] is not None:
        try:
            with open(given['path'], 'rb') as file:
                text = file.read().decode('utf-8', 'replace')
        except OSError as error:
            module.fail_json(msg='cannot read `%s`: %s' % (given['path'], error))
    if text is None:
        return None
    found = fingerprints(text)
    if not found:
        module.fail_json(msg='there is no certificate in PEM in what was given')
    return found


def absent(module, program):
    gone = wanted(module)
    if gone is None and not module.params['name']:
        module.fail_json(msg='state is absent but none of the following are set: sha256, content, src, path, name')
    rows = program.call(['list', '--local'])[1]['certificates']
    if gone is None:
        file = '/usr/local/share/ca-certificates/%s.crt' % module.params['name']
        selectors = [file] if any(row['file'] == file for row in rows) else []
    else:
        have = set(row['sha256'] for row in rows)
        selectors = sorted(have.intersection(gone))
    if not selectors:
        return dict(changed=False, added=[], removed=[], repaired=[], generation=None, open=[], notes=[])
    return program.change(['remove', '--yes', '--'] + selectors)


def main():
    module = AnsibleModule(
        argument_spec=dict(
            state=dict(type='str', choices=['present', 'absent'], default='present'),
            content=dict(type='str'),
            src=dict(type='path'),
            path=dict(type='path'),
            sha256=dict(type='list', elements='str', default=[]),
            name=dict(type='str'),
            replace=dict(type='list', elements='str', default=[]),
            allow=dict(type='list', elements='str', default=[]),
            stores=dict(type='list', elements='str', default=['system']),
            **ARGUMENTS
        ),
        mutually_exclusive=[('content', 'src', 'path')],
        supports_check_mode=True,
    )
    program = Trustctl(module)
    if module.params['state'] == 'present':
        program.finish(present(module, program))
    program.finish(absent(module, program))


if __name__ == '__main__':
    main()
