// SPDX-License-Identifier: Apache-2.0

import People
import Pipeline

extension Problem {
    init(_ refusal: PeopleRefusal) {
        switch refusal {
        case .wrong: self.init(.signInWrong)
        case .mustWait(let seconds): self.init(.signInWait, ["seconds": "\(seconds)"])
        case .busy: self.init(.signInBusy)
        case .tokenInvalid: self.init(.firstRunOver)
        case .password(let fault):
            self.init(.passwordRefused)
            reason = RefusalReason(
                "password-" + fault.rawValue, ["least": "\(PasswordRule.least)", "most": "\(PasswordRule.most)"])
        case .account(let refusal):
            self.init(.accountRefused)
            reason = RefusalReason(refusal)
        case .notStored(let detail): self.init(.notStored, ["reason": detail])
        }
    }
}
