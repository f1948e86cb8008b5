"""What goes wrong with the storage itself, as sentences."""

from django.utils.translation import gettext as _

from casework.core.errors import CaseworkError, Refused


class StorageAway(CaseworkError):
    """The storage does not answer, or not as it should. Nothing was stored and nothing is lost: it can be tried again."""

    code, status = "storage_away", 503

    def __init__(self) -> None:
        super().__init__(
            _("文件存储没有应答，现在不能存取文件；已经存好的不受影响。可以稍后再试，或者联系系统管理员。")
        )


class StorageUntrusted(StorageAway):
    """The storage shows a certificate that nobody known here has signed, or another's: nothing was sent to it."""

    code = "storage_untrusted"

    def __init__(self) -> None:
        CaseworkError.__init__(
            self,
            _(
                "不能连接文件存储：它的证书不是所信任的机构签发的，或者不是这台服务器的，什么也没有发给它。"
                "可以请系统管理员核对 CASEWORK_S3_CA 和 CASEWORK_S3_ENDPOINT。"
            ),
        )


class StorageRefuses(StorageAway):
    """The storage answers, and says no: the key may not do this, or the bucket asks for something else."""

    code = "storage_refuses"

    def __init__(self, said: str) -> None:
        CaseworkError.__init__(
            self,
            _(
                "文件存储拒绝了这次存取（%(said)s），已经存好的不受影响。"
                "可以请系统管理员核对存储密钥的权限和 CASEWORK_S3 各项设置。"
            )
            % {"said": said},
        )


def altered() -> Refused:
    """Return the refusal of bytes that are no longer those that were digested."""
    return Refused(_("不能存入：要存的字节与收到时的摘要不符，没有保存。可以重新上传。"), code="digest_differs")


def differs() -> Refused:
    """Return the refusal of a file in whose place lies something else."""
    return Refused(
        _("不能存入：存储中同一摘要的位置已有大小不同的内容，原样未动。可以联系系统管理员核查存储。"),
        code="storage_differs",
    )


def not_once() -> Refused:
    """Return the refusal of a server that lets what it holds be overwritten."""
    return Refused(
        _("不能存入：文件存储允许覆盖，不能保证只写一次。可以请系统管理员换用支持条件写入（If-None-Match）的存储。"),
        code="storage_not_once",
    )
