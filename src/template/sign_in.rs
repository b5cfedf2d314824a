//! How an integration signs in to an org, in the words of Salesforce's help on OAuth flows.

/// A way of signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignIn {
    /// The OAuth web server flow.
    WebServer,
    /// The OAuth authorization code and credentials flow.
    CodeAndCredentials,
    /// The OAuth client credentials flow.
    ClientCredentials,
    /// The OAuth JWT bearer flow.
    JwtBearer,
    /// The OAuth device flow.
    Device,
    /// The OAuth user name and password flow, or `login()`.
    UsernamePassword,
    /// The OAuth user-agent flow.
    UserAgent,
    /// The OAuth SAML bearer assertion flow.
    SamlBearer,
    /// The OAuth token exchange flow.
    TokenExchange,
}

impl SignIn {
    /// Every way, in the order in which lists show them.
    pub const ALL: [Self; 9] = [
        Self::WebServer,
        Self::CodeAndCredentials,
        Self::ClientCredentials,
        Self::JwtBearer,
        Self::Device,
        Self::UsernamePassword,
        Self::UserAgent,
        Self::SamlBearer,
        Self::TokenExchange,
    ];

    /// The name that templates write, Salesforce's words, and what happens.
    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::WebServer => (
                "web-server",
                "web server flow",
                "A person signs in with a browser and lets the app in; with PKCE or without.",
            ),
            Self::CodeAndCredentials => (
                "code-and-credentials",
                "authorization code and credentials flow",
                "The same without Salesforce's own page of signing in.",
            ),
            Self::ClientCredentials => (
                "client-credentials",
                "client credentials flow",
                "The app signs in as itself and acts as its Run As user.",
            ),
            Self::JwtBearer => (
                "jwt-bearer",
                "JWT bearer flow",
                "By a certificate, for a user who was let into the app beforehand.",
            ),
            Self::Device => (
                "device",
                "device flow",
                "A person enters on another device the code that the app shows.",
            ),
            Self::UsernamePassword => (
                "username-password",
                "user name and password",
                "With a security token mostly, through an app or by `login()`.",
            ),
            Self::UserAgent => (
                "user-agent",
                "user-agent flow",
                "The token comes with the browser's address; an older way.",
            ),
            Self::SamlBearer => (
                "saml-bearer",
                "SAML bearer assertion flow",
                "By a signed SAML assertion, for a user who was let into the app beforehand.",
            ),
            Self::TokenExchange => (
                "token-exchange",
                "token exchange flow",
                "A token of another identity provider is exchanged for Salesforce's.",
            ),
        }
    }

    /// Returns the name that templates and reports for programs write.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Returns what Salesforce calls it.
    pub fn words(self) -> &'static str {
        self.row().1
    }

    /// Returns what happens, in a sentence.
    pub fn meaning(self) -> &'static str {
        self.row().2
    }

    /// Finds a way by the name that templates write.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}
