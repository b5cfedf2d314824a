//! The other types of the Metadata API: names that a template or a manifest may use although no row
//! tells their fields.
//!
//! The names are the types of the Metadata API's WSDL 63.0 that extend `Metadata`, and those of
//! external client apps that came later (S 2.1). Folders and suffixes are given where they are
//! certain.

use std::sync::LazyLock;

use super::row::other;
use super::{MetadataType, SETTINGS};

/// Every other name, in order.
const NAMES: &str = "
    AIApplication AIApplicationConfig AIReplyRecommendationsSettings AIScoringModelDefVersion AIScoringModelDefinition
    AccountIntelligenceSettings AccountPlanObjMeasCalcDef AccountPlanSettings AccountRelationshipShareRule AccountSettings
    AccountingFieldMapping AccountingSettings ActionLauncherItemDef ActionLinkGroupTemplate ActionPlanTemplate ActionableListDefinition
    ActionsSettings ActivationPlatform ActivationPlatformActvAttr ActivationPlatformField ActivitiesSettings ActnblListKeyPrfmIndDef
    ActvPfrmDataConnectorS3 ActvPlatformAdncIdentifier ActvPlatformFieldValue ActvPlatformOAuthConnector AddressSettings
    AgentforceForDevelopersSettings Ai4mSettings AiPluginUtteranceDef AnalyticSnapshot AnalyticsDashboard AnalyticsSettings
    AnalyticsWorkspace AnimationRule ApexClass ApexComponent ApexEmailNotifications ApexPage ApexSettings ApexTestSuite ApexTrigger
    AppAnalyticsSettings AppExperienceSettings AppFrameworkTemplateBundle AppMenu AppointmentAssignmentPolicy AppointmentSchedulingPolicy
    ApprovalProcess AssessmentConfiguration AssignmentRule AssignmentRules AssociationEngineSettings Audience AuraDefinitionBundle
    AuthProvider AutoResponseRule AutoResponseRules AutomatedContactsSettings BillingSettings BlacklistedConsumer BlockchainSettings Bot
    BotBlock BotBlockVersion BotSettings BotTemplate BotVersion BranchManagementSettings BrandingSet BriefcaseDefinition BusinessHoursEntry
    BusinessHoursSettings BusinessProcess BusinessProcessGroup CMSConnectSource CallCenter CallCenterRoutingMap CallCoachingMediaProvider
    CallCtrAgentFavTrfrDest CampaignInfluenceModel CampaignSettings CanvasMetadata CareBenefitVerifySettings CareLimitType
    CareProviderAfflRoleConfig CareProviderSearchConfig CareRequestConfiguration CareSystemFieldMapping CaseSettings CaseSubjectParticle
    Certificate ChannelLayout ChannelObjectLinkingRule ChannelRevMgmtSettings ChatterAnswersSettings ChatterEmailsMDSettings
    ChatterExtension ChatterSettings ChoiceList ClaimMgmtFoundationEnabledSettings CleanDataService CmsnStmtLineItemConfig
    CmsnStmtLineItemTypConfig CodeBuilderSettings CollectionsDashboardSettings CommandAction CommerceSettings CommissionStatementConfig
    CommsServiceConsoleSettings CommunicationChannelType CommunitiesSettings Community CommunityTemplateDefinition CommunityThemeDefinition
    CompactLayout CompanySettings ConnectedAppSettings ContentAsset ContentSettings ContractSettings ConvIntelligenceSignalRule
    ConversationChannelDefinition ConversationMessageDefinition ConversationServiceIntegrationSettings ConversationVendorInfo
    ConversationalIntelligenceSettings CorsWhitelistOrigin CspTrustedSite CurrencySettings CustomAddressFieldSettings CustomApplication
    CustomApplicationComponent CustomFeedFilter CustomField CustomFieldDisplay CustomHelpMenuSection CustomIndex CustomLabel CustomLabels
    CustomMetadata CustomNotificationType CustomObjectTranslation CustomPageWebLink CustomPermission CustomSite CustomTab CustomValue
    CustomerDataPlatformSettings CustomizablePropensityScoringSettings Dashboard DashboardFolder DataCalcInsightTemplate DataCategoryGroup
    DataConnectionParamTmpl DataConnectorIngestApi DataConnectorS3 DataDotComSettings DataImportManagementSettings DataKitObjectDependency
    DataKitObjectTemplate DataObjectSearchIndexConf DataPackageKitDefinition DataPackageKitObject DataSource DataSourceBundleDefinition
    DataSourceField DataSourceObject DataSourceTenant DataSrcDataModelFieldMap DataStreamDefinition DataStreamTemplate DataWeaveResource
    DelegateGroup DeploymentSettings DevHubSettings DigitalExperience DigitalExperienceBundle DigitalExperienceConfig DiscoveryAIModel
    DiscoveryGoal DiscoverySettings DiscoveryStory Document DocumentCategory DocumentCategoryDocumentType DocumentChecklistSettings
    DocumentFolder DocumentType DuplicateRule DynamicFormsSettings DynamicFulfillmentOrchestratorSettings EACSettings EclairGeoData
    EinsteinAISettings EinsteinAgentSettings EinsteinAssistantSettings EinsteinCopilotSettings EinsteinDealInsightsSettings
    EinsteinDocumentCaptureSettings EinsteinGptSettings EmailAdministrationSettings EmailFolder EmailIntegrationSettings
    EmailServicesFunction EmailTemplate EmailTemplateFolder EmailTemplateSettings EmbeddedServiceBranding EmbeddedServiceConfig
    EmbeddedServiceFlowConfig EmbeddedServiceLiveAgent EmbeddedServiceMenuSettings EmployeeDataSyncProfile EmployeeFieldAccessSettings
    EmployeeUserSettings EncryptionKeySettings EnhancedNotesSettings EntitlementProcess EntitlementSettings EntitlementTemplate
    EscalationRule EscalationRules EssentialsSettings EventLogObjectSettings EventRelayConfig EventSettings EvfSettings ExperienceBundle
    ExperienceBundleSettings ExperienceContainer ExperiencePropertyTypeBundle ExtDataTranFieldTemplate ExtDataTranObjectTemplate
    ExternalAIModel ExternalAuthIdentityProvider ExternalClientAppSettings ExternalCredential ExternalDataConnector ExternalDataSource
    ExternalDataSrcDescriptor ExternalDataTranField ExternalDataTranObject ExternalServiceRegistration ExtlClntAppCanvasSettings
    ExtlClntAppMobileConfigurablePolicies ExtlClntAppMobileSettings ExtlClntAppNotificationSettings ExtlClntAppPushConfigurablePolicies
    ExtlClntAppPushSettings ExtlClntAppSamlConfigurablePolicies FieldRestrictionRule FieldServiceMobileExtension FieldServiceSettings
    FieldSet FieldSrcTrgtRelationship FileUploadAndDownloadSecuritySettings FilesConnectSettings FlexiPage Flow FlowCategory FlowDefinition
    FlowSettings FlowTest Folder ForecastingFilter ForecastingFilterCondition ForecastingGroup ForecastingObjectListSettings
    ForecastingSettings ForecastingSourceDefinition ForecastingType ForecastingTypeSource FormulaSettings FulfillmentStepType
    GatewayProviderPaymentMethodType GenAiFunction GenAiPlanner GenAiPlugin GenAiPluginInstructionDef GenAiPromptTemplate
    GenAiPromptTemplateActv GlobalValueSet GlobalValueSetTranslation GoogleAppsSettings Group HerokuIntegrationSettings
    HighVelocitySalesSettings HomePageComponent HomePageLayout IPAddressRange IdeasSettings IdentityProviderSettings
    IdentityVerificationProcDef IdentityVerificationProcDtl IdentityVerificationProcFld IframeWhiteListUrlSettings InboundCertificate
    InboundNetworkConnection IncidentMgmtSettings IncludeEstTaxInQuoteCPQSettings IncludeEstTaxInQuoteSettings Index
    IndustriesAutomotiveSettings IndustriesChannelPartnerInventorySettings IndustriesContextSettings IndustriesEinsteinFeatureSettings
    IndustriesEventOrchSettings IndustriesFieldServiceSettings IndustriesGamificationSettings IndustriesLoyaltySettings
    IndustriesLsCommercialSettings IndustriesManufacturingSettings IndustriesPricingSettings IndustriesRatingSettings IndustriesSettings
    IndustriesUnifiedPromotionsSettings IndustriesUsageSettings InsPlcyCoverageSpecConfig InsPlcyLineOfBusConfig InsPolicyLifecycleConfig
    InsPolicyManagementConfig InsRatePlanCmsnConfig InsRatePlanTypeConfig InstalledPackage InsuranceBrokerageSettings
    InterestTaggingSettings InternalDataConnector InvLatePymntRiskCalcSettings InventoryReplenishmentSettings InventorySettings
    InvocableActionSettings IoTSettings KeywordList KnowledgeGenerationSettings KnowledgeSettings LaborCostOptimizationSettings
    LanguageSettings LargeQuotesandOrdersForRlmSettings Layout LeadConfigSettings LeadConvertSettings LearningAchievementConfig Letterhead
    LicenseDefinition LicensingSettings LightningBolt LightningComponentBundle LightningExperienceSettings LightningExperienceTheme
    LightningMessageChannel LightningOnboardingConfig ListView LiveAgentSettings LiveChatAgentConfig LiveChatButton LiveChatDeployment
    LiveChatSensitiveDataRule LiveMessageSettings MLDataDefinition MLPredictionDefinition MLRecommendationDefinition MacroSettings
    MailMergeSettings ManagedContentType ManagedEventSubscription ManagedTopic ManagedTopics MapsAndLocationSettings MarketSegmentDefinition
    MatchingRule MatchingRules MediaAdSalesSettings MeetingsSettings MessagingChannel MetadataWithContent MfgServiceConsoleSettings
    MilestoneType MktCalcInsightObjectDef MktDataConnection MktDataConnectionCred MktDataConnectionParam MktDataConnectionSrcParam
    MktDataTranField MktDataTranObject MktDatalakeSrcKeyQualifier MlDomain MlModelConnection MlModelSchema MobSecurityCertPinConfig
    MobileApplicationDetail MobileSecurityAssignment MobileSecurityPolicy MobileSettings ModerationRule MutingPermissionSet
    MyDomainDiscoverableLogin MyDomainSettings NameSettings NamedCredential NavigationMenu Network NetworkBranding NotificationTypeConfig
    NotificationsSettings OauthCustomScope OauthOidcSettings OauthTokenExchangeHandler ObjectLinkingSettings ObjectSourceTargetMap
    OmniChannelPricingSettings OmniChannelSettings OmniDataTransform OmniExtTrackingDef OmniExtTrackingEventDef OmniIntegrationProcedure
    OmniScript OmniSupervisorConfig OmniTrackingComponentDef OmniTrackingGroup OmniUiCard OnlineSalesSettings OpportunityScoreSettings
    OpportunitySettings Orchestration OrchestrationContext OrderManagementSettings OrderSettings OrgSettings OutboundNetworkConnection
    PardotEinsteinSettings PardotSettings ParticipantRole PartyDataModelSettings PathAssistant PathAssistantSettings PaymentGatewayProvider
    PaymentsManagementEnabledSettings PaymentsSettings PermissionSetLicenseDefinition PersonAccountOwnerPowerUser PicklistSettings
    PicklistValue PipelineInspMetricConfig PlatformCachePartition PlatformEncryptionSettings PlatformEventChannel PlatformEventChannelMember
    PlatformEventSettings PlatformEventSubscriberConfig PlatformSlackSettings Portal PortalDelegablePermissionSet PortalsSettings
    PostTemplate PredictionBuilderSettings PresenceDeclineReason PresenceUserConfig PriceRule PrivacySettings ProcessFlowMigration
    ProductAttrDisplayConfig ProductAttributeSet ProductConfiguratorSettings ProductDiscoverySettings ProductSettings
    ProductSpecificationRecType ProductSpecificationType ProfilePasswordPolicy ProfileSessionSetting Prompt PublicKeyCertificate
    PublicKeyCertificateSet Queue QueueRoutingConfig QuickAction QuickTextSettings QuoteSettings RealTimeEventSettings
    RecAlrtDataSrcExpSetDef RecommendationBuilderSettings RecommendationStrategy RecordActionDeployment RecordAlertCategory
    RecordAlertDataSource RecordAlertTemplate RecordPageSettings RecordType RedirectWhitelistUrl ReferencedDashboard
    ReferralMarketingSettings RegisteredExternalService RelatedRecordAccessDef RelatedRecordAssocCriteria RelationshipGraphDefinition
    RemoteSiteSetting Report ReportFolder ReportType RestrictionRule RetailExecutionSettings RevenueManagementSettings Role RoleOrTerritory
    RuleLibraryDefinition SalesWorkQueueSettings SamlSsoConfig SandboxSettings SceGlobalModelOptOutSettings SchedulingObjective
    SchedulingRule SchemaSettings Scontrol SearchCriteriaConfiguration SearchCustomization SearchOrgWideObjectConfig SearchSettings
    SecuritySettings ServiceAISetupDefinition ServiceAISetupField ServiceChannel ServiceCloudVoiceSettings ServicePresenceStatus
    ServiceSetupAssistantSettings SharingBaseRule SharingCriteriaRule SharingGuestRule SharingOwnerRule SharingReason SharingRules
    SharingSet SharingSettings SharingTerritoryRule SiteDotCom SiteSettings Skill SkillType SocialCustomerServiceSettings
    SourceTrackingSettings StandardValue StandardValueSet StandardValueSetTranslation StaticResource StreamingAppDataConnector
    SubscriptionManagementSettings SurveySettings SvcCatalogCategory SvcCatalogFilterCriteria SvcCatalogFulfillmentFlow SynonymDictionary
    SystemNotificationSettings Territory Territory2 Territory2Model Territory2Rule Territory2Settings Territory2Type TimeSheetTemplate
    TimelineObjectDefinition TopicsForObjects TrailheadSettings TransactionSecurityPolicy Translations TrialOrgSettings
    UIObjectRelationConfig UiFormatSpecificationSet UiPlugin UnifiedApplication UserAuthCertificate UserCriteria UserEngagementSettings
    UserInterfaceSettings UserManagementSettings UserProvisioningConfig ValidationRule VirtualVisitConfig VoiceSettings
    WarrantyLifecycleMgmtSettings WaveAnalyticAssetCollection WaveApplication WaveComponent WaveDashboard WaveDataflow WaveDataset WaveLens
    WaveRecipe WaveTemplateBundle WaveXmd Web3Settings WebLink WebStoreBundle WebStoreTemplate WebToXSettings WorkDotComSettings Workflow
    WorkflowAction WorkflowAlert WorkflowFieldUpdate WorkflowFlowAction WorkflowFlowAutomation WorkflowKnowledgePublish
    WorkflowOutboundMessage WorkflowRule WorkflowSend WorkflowTask WorkforceEngagementSettings
";

/// Types whose folder and suffix are known: `(type, folder, suffix)`.
const FOLDERS: &[(&str, &str, &str)] = &[
    ("ApexClass", "classes", "cls"),
    ("ApexComponent", "components", "component"),
    ("ApexPage", "pages", "page"),
    ("ApexTrigger", "triggers", "trigger"),
    ("ApprovalProcess", "approvalProcesses", "approvalProcess"),
    ("AssignmentRules", "assignmentRules", "assignmentRules"),
    ("AuthProvider", "authproviders", "authprovider"),
    ("AutoResponseRules", "autoResponseRules", "autoResponseRules"),
    ("BlacklistedConsumer", "blacklistedConsumers", "blacklistedConsumer"),
    ("Certificate", "certs", "crt"),
    ("Community", "communities", "community"),
    ("CorsWhitelistOrigin", "corsWhitelistOrigins", "corsWhitelistOrigin"),
    ("CspTrustedSite", "cspTrustedSites", "cspTrustedSite"),
    ("CustomApplication", "applications", "app"),
    ("CustomLabels", "labels", "labels"),
    ("CustomMetadata", "customMetadata", "md"),
    ("CustomNotificationType", "notificationtypes", "notiftype"),
    ("CustomPermission", "customPermissions", "customPermission"),
    ("CustomSite", "sites", "site"),
    ("CustomTab", "tabs", "tab"),
    ("DuplicateRule", "duplicateRules", "duplicateRule"),
    ("ExternalCredential", "externalCredentials", "externalCredential"),
    ("ExternalDataSource", "dataSources", "dataSource"),
    ("ExternalServiceRegistration", "externalServiceRegistrations", "externalServiceRegistration"),
    ("ExtlClntAppCanvasSettings", "", "ecaCanvas"),
    ("ExtlClntAppMobileConfigurablePolicies", "", "ecaMobilePlcy"),
    ("ExtlClntAppMobileSettings", "", "ecaMobile"),
    ("ExtlClntAppNotificationSettings", "", "ecaNotifications"),
    ("ExtlClntAppPushConfigurablePolicies", "", "ecaPushPlcy"),
    ("ExtlClntAppPushSettings", "", "ecaPush"),
    ("ExtlClntAppSamlConfigurablePolicies", "", "ecaSamlPlcy"),
    ("FlexiPage", "flexipages", "flexipage"),
    ("Flow", "flows", "flow"),
    ("FlowDefinition", "flowDefinitions", "flowDefinition"),
    ("GlobalValueSet", "globalValueSets", "globalValueSet"),
    ("Group", "groups", "group"),
    ("InstalledPackage", "installedPackages", "installedPackage"),
    ("Layout", "layouts", "layout"),
    ("MutingPermissionSet", "mutingpermissionsets", "mutingpermissionset"),
    ("NamedCredential", "namedCredentials", "namedCredential"),
    ("Network", "networks", "network"),
    ("OauthCustomScope", "oauthcustomscopes", "oauthcustomscope"),
    ("PlatformEventChannel", "platformEventChannels", "platformEventChannel"),
    ("PlatformEventChannelMember", "platformEventChannelMembers", "platformEventChannelMember"),
    ("ProfilePasswordPolicy", "profilePasswordPolicies", "profilePasswordPolicy"),
    ("ProfileSessionSetting", "profileSessionSettings", "profileSessionSetting"),
    ("Queue", "queues", "queue"),
    ("QuickAction", "quickActions", "quickAction"),
    ("RemoteSiteSetting", "remoteSiteSettings", "remoteSite"),
    ("ReportType", "reportTypes", "reportType"),
    ("Role", "roles", "role"),
    ("SamlSsoConfig", "samlssoconfigs", "samlssoconfig"),
    ("SharingRules", "sharingRules", "sharingRules"),
    ("StandardValueSet", "standardValueSets", "standardValueSet"),
    ("StaticResource", "staticresources", "resource"),
    ("Workflow", "workflows", "workflow"),
];

/// Names that end in `Settings` and yet are types of their own, not files of the folder `settings`.
const NOT_SETTINGS: &[&str] = &[
    "EmbeddedServiceMenuSettings",
    "ExtlClntAppCanvasSettings",
    "ExtlClntAppMobileSettings",
    "ExtlClntAppNotificationSettings",
    "ExtlClntAppPushSettings",
    "ForecastingObjectListSettings",
];

static GENERIC: LazyLock<Vec<MetadataType>> = LazyLock::new(|| {
    others()
        .map(|name| {
            let (folder, suffix) = FOLDERS
                .iter()
                .find(|(known, _, _)| *known == name)
                .map_or(("", ""), |(_, folder, suffix)| (*folder, *suffix));
            other(name, folder, suffix)
        })
        .collect()
});

/// Returns the names, in order.
pub(super) fn others() -> impl Iterator<Item = &'static str> {
    NAMES.split_ascii_whitespace()
}

/// Finds the row of a name, without fields.
pub(super) fn generic(name: &str) -> Option<&'static MetadataType> {
    let rows: &'static [MetadataType] = &GENERIC;
    rows.binary_search_by(|row| row.name.cmp(name)).ok().map(|at| &rows[at])
}

/// Returns the rows of this list whose folder and suffix are known.
pub(super) fn with_folder() -> impl Iterator<Item = &'static MetadataType> {
    let rows: &'static [MetadataType] = &GENERIC;
    rows.iter().filter(|row| !row.folder.is_empty() && !row.suffix.is_empty())
}

/// Returns the member of `Settings` whose file has this root: `Security` for `SecuritySettings`.
pub(super) fn settings_member(root: &str) -> Option<&str> {
    let member = root.strip_suffix(SETTINGS)?;
    (generic(root).is_some() && !NOT_SETTINGS.contains(&root)).then_some(member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_in_order() {
        let names: Vec<_> = others().collect();
        assert!(names.is_sorted());
        assert!(FOLDERS.is_sorted());
        for (name, _, _) in FOLDERS {
            assert!(names.binary_search(name).is_ok(), "{name}");
        }
    }
}
