//! Units of systemd with their drop-ins.

use super::{good_host, only};

#[test]
fn what_a_later_drop_in_takes_back_is_none() {
    let host = good_host();
    host.write(
        "etc/systemd/system/x.service",
        "[Service]\nEnvironment=GIT_SSL_NO_VERIFY=1 NODE_TLS_REJECT_UNAUTHORIZED=0\nEnvironmentFile=/etc/x.env\n",
    );
    host.write("etc/x.env", "PYTHONHTTPSVERIFY=0\n");
    host.write(
        "etc/systemd/system/x.service.d/10.conf",
        "[Service]\nEnvironment=GOSUMDB=off\n",
    );
    let all = [
        "git-verification-off /etc/systemd/system/x.service:2",
        "go-checksum-off /etc/systemd/system/x.service.d/10.conf:2",
        "node-verification-off /etc/systemd/system/x.service:2",
        "python-verification-off /etc/x.env:1",
    ];
    only(&host, &all, "without a later drop-in");
    let later = "etc/systemd/system/x.service.d/20.conf";
    host.write(later, "[Service]\nEnvironment=NODE_TLS_REJECT_UNAUTHORIZED=1\nUnsetEnvironment=GIT_SSL_NO_VERIFY\n");
    only(&host, &[all[1], all[3]], "set anew, and unset");
    host.write(later, "[Service]\nEnvironment=\nEnvironmentFile=\n");
    only(&host, &[], "lists made empty");
    host.delete(later);
    host.write(
        "etc/systemd/system/y.service.d/20.conf",
        "[Service]\nEnvironment=\nEnvironmentFile=\n",
    );
    only(&host, &all, "another unit's drop-in");
}
