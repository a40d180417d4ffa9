/*
 * feed_profile.c - formats as data: which element is a vacancy, and what its names mean.
 *
 * Names are written as paths below the vacancy: lower case, without '-' and '_', so that one line
 * serves pub_date, pubDate and pub-date; "@x" is an attribute, "[x]" the value of an attribute
 * named domain, "dc:" and its like the known namespaces. The first line that has a text wins. A new
 * partner needs lines here, not code.
 */
#include "feed.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 5 /* items stand near the root */

static const struct feed_name rss[] = {
	{ "id", "atom:content/vacancy/vacancyid" },
	{ "id", "vacancyid" },
	{ "id", "guid" },
	{ "company", "company" },
	{ "company", "jobcompany" },
	{ "company", "dc:publisher" },
	{ "company", "author" },
	{ "description", "content:encoded" },
	{ "description", "atom:content/vacancy/adverttext" },
	{ "salary", "atom:content/vacancy/salary" },
	{ "salary_min", "salaryrangefrom" },
	{ "salary_max", "salaryrangeto" },
	{ "expires", "atom:content/vacancy/expirydate" },
	{ "place", "atom:content/vacancy/joblocation" },
	{ "place", "category[location]" },
	{ "place", "dc:coverage" },
	{ "jobtype", "category[contracttype]" },
	{ "jobtype", "atom:content/vacancy/contracttype" },
	{ "category", "category[jobcategory]" },
	{ "category", "atom:content/vacancy/jobroles" },
	{ "company", "category[school/network]" },
	{ "starts", "dc:date" },
	{ "education", "dc:type" },
	{ 0 },
};
static const struct feed_name atom[] = {
	{ "id", "id" },
	{ "url", "link@href" },
	{ "published", "published" },
	{ "changed", "updated" },
	{ "company", "author/name" },
	{ "description", "content" },
	{ "description", "summary" },
	{ "category", "category@term" },
	{ 0 },
};
static const struct feed_name hr_open[] = {
	{ "id", "documentid" },
	{ "title", "positionprofile/positiontitle" },
	{ "url", "positionprofile/postinginstruction/applicationmethod/instructions" },
	{ "company",
	  "positionprofile/positionorganization/organizationidentifiers/organizationname" },
	{ "credit_code",
	  "positionprofile/positionorganization/organizationidentifiers/organizationlegalid" },
	{ "city", "positionprofile/positionlocation/address/cityname" },
	{ "province", "positionprofile/positionlocation/address/countrysubdivisioncode" },
	{ "country", "positionprofile/positionlocation/address/countrycode" },
	{ "postcode", "positionprofile/positionlocation/address/postalcode" },
	{ "address", "positionprofile/positionlocation/address/addressline" },
	{ "headcount", "positionprofile/positionopenquantity" },
	{ "occupation", "positionprofile/jobcategorycode" },
	{ "jobtype", "positionprofile/positionscheduletypecode" },
	{ "description", "positionprofile/positionformatteddescription/content" },
	{ "starts", "positionprofile/positionperiod/startdate/datetext" },
	{ "published", "@validfrom" },
	{ "expires", "positionprofile/applicationclosedate" },
	{ "language", "positionprofile@languagecode" },
	{ "status", "positionopeningstatuscode" },
	{ 0 },
};
static const struct feed_name hr_xml[] = {
	{ "id", "positionrecordinfo/id/idvalue" },
	{ "title", "positionprofile/positiondetail/positiontitle" },
	{ "url", "positionpostings/positionposting/link" },
	{ "company", "positionprofile/positiondetail/company" },
	{ "company", "positionprofile/organization/organizationname" },
	{ "city", "positionprofile/positiondetail/physicallocation/postaladdress/municipality" },
	{ "postcode", "positionprofile/positiondetail/physicallocation/postaladdress/postalcode" },
	{ "country", "positionprofile/positiondetail/physicallocation/postaladdress/countrycode" },
	{ "description", "positionprofile/formattedpositiondescription/value" },
	{ "published", "positionpostings/positionposting/id@validfrom" },
	{ "expires", "positionpostings/positionposting/id@validto" },
	{ "starts", "positionprofile/positiondateinfo/startdate" },
	{ 0 },
};
static const struct feed_name apec[] = {
	{ "id", "referenceapec" },
	{ "title", "intitule" },
	{ "published", "dateparution" },
	{ "headcount", "nombrepostes" },
	{ "jobtype", "contrat/typecontrat" },
	{ "salary", "salaireaffiche" },
	{ "occupation", "fonction/jobfonction" },
	{ "category", "fonction/libellefonction" },
	{ "description", "texteoffre" },
	{ "company", "nomentreprise" },
	{ "region", "lieu/coglieu" },
	{ "city", "lieu/libellelieu" },
	{ "experience", "niveauexperience" },
	{ 0 },
};
static const struct feed_name talentview[] = {
	{ "title", "name" },
	{ "description", "htmldescription" },
	{ "requirements", "htmlprofile" },
	{ "published", "createdat" },
	{ "changed", "lastactivationat" },
	{ "address", "address/street" },
	{ 0 },
};
static const struct feed_name clever_connect[] = {
	{ "id", "@id" },
	{ "language", "@lang" },
	{ "place", "workplace/locations/location@label" },
	{ "city", "workplace/locations/location/city" },
	{ "postcode", "workplace/locations/location/postalcode" },
	{ "province", "workplace/locations/location/state" },
	{ "country", "workplace/locations/location/country@code" },
	{ "jobtype", "contract/types/type" },
	{ "salary", "benefits/salary" },
	{ "salary_min", "benefits/salary@lowend" },
	{ "salary_max", "benefits/salary@highend" },
	{ "salary_currency", "benefits/salary@currency" },
	{ "salary_period", "benefits/salary@period" },
	{ "requirements", "profile/description" },
	{ "education", "profile/degrees/degree" },
	{ "experience", "profile/experiencelevels/experiencelevel" },
	{ "category", "industry" },
	{ 0 },
};
static const struct feed_name linkedin[] = {
	{ "id", "partnerjobid" },
	{ "salary_max", "salaries/salary/highend/amount" },
	{ "salary_min", "salaries/salary/lowend/amount" },
	{ "salary_currency", "salaries/salary/highend/currencycode" },
	{ "salary_period", "salaries/salary/period" },
	{ "category", "jobfunctions/jobfunction" },
	{ "experience", "experiencelevel" },
	{ 0 },
};
static const struct feed_name jooble[] = {
	{ "province", "region/state" },
	{ "city", "region/city" },
	{ "country", "region/country" },
	{ "salary_period", "salary/rate" },
	{ 0 },
};
static const struct feed_name careerjet[] = {
	{ "city", "location/city" },
	{ "province", "location/region" },
	{ "country", "location/country" },
	{ 0 },
};

const struct feed_format feed_formats[] = {
	{ "jiye", "source", "job", "educationcode|headcount|creditcode|majortext", NULL, false },
	{ "linkedin", "source", "job", "partnerjobid", linkedin, false },
	{ "talentview", "source", "job", "htmldescription", talentview, false },
	{ "clever-connect", "source", "job", "workplace", clever_connect, false },
	{ "indeed", "source", "job", NULL, NULL, false },
	{ "jooble", "jobs", "job", "region/country", jooble, false },
	{ "careerjet", "jobs", "job", "location/city|location/country", careerjet, false },
	{ "jobs", "jobs", "job", NULL, NULL, false },
	{ "hellowork", "root", "job", "companytitle", NULL, false },
	{ "apec", "exportoffres", "offreemploi", NULL, apec, false },
	{ "rss", "rss", "item", NULL, rss, true },
	{ "rss", "rdf", "item", NULL, rss, true },
	{ "atom", "feed", "entry", NULL, atom, true },
	{ "xing", "feed", "posting", NULL, NULL, false },
	{ "hr-xml", "positionopening", "positionopening", "positionrecordinfo", hr_xml, false },
	{ "hr-open", "positionopening", "positionopening", NULL, hr_open, false },
	{ "hr-xml", "*", "positionopening", "positionrecordinfo", hr_xml, false },
	{ "hr-open", "*", "positionopening", NULL, hr_open, false },
	{ "personio", "workzagjobs", "position", NULL, NULL, false },
	{ "job-offers", "joboffers", "joboffer", NULL, NULL, false },
	{ "items", "items", "item", NULL, NULL, true },
	{ "plain", "*", "job", NULL, NULL, false },
	{ "plain", "*", "vacancy", NULL, NULL, false },
	{ "plain", "*", "position", NULL, NULL, false },
	{ "plain", "*", "posting", NULL, NULL, false },
	{ "plain", "*", "offer", NULL, NULL, false },
	{ "plain", "*", "item", NULL, NULL, true },
	{ 0 },
};

size_t
feed_path_name(char *to, size_t max, const char *name, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < n && k + 1 < max; i++)
		if (name[i] != '-' && name[i] != '_' && name[i] != ' ')
			to[k++] = (char)tolower((unsigned char)name[i]);
	if (max > 0)
		to[k] = '\0';
	return k;
}

static bool
is(const char *want, const char *name)
{
	char plain[FEED_NAME_MAX + 1];

	feed_path_name(plain, sizeof(plain), name, strlen(name));
	return !strcmp(want, plain);
}

static bool
root_is(const struct feed_format *f, const char *root)
{
	return f->root[0] == '*' || is(f->root, root);
}

bool
feed_item_at(const char *root, const char *name, int depth, const struct feed_format *forced)
{
	if (depth > DEPTH_MAX)
		return false;
	if (forced)
		return is(forced->item, name) && (depth > 0 || is(forced->root, name));
	for (const struct feed_format *f = feed_formats; f->name; f++) {
		if (depth == 0 && strcmp(f->root, f->item) != 0)
			continue;
		if (is(f->item, name) && root_is(f, root))
			return true;
	}
	return false;
}

static bool
marked(const char *marker, const struct feed_leaves *leaves)
{
	while (*marker) {
		size_t n = strcspn(marker, "|");

		for (size_t i = 0; i < leaves->count; i++) {
			const char *path = leaves->paths + leaves->leaf[i].path;

			if (strlen(path) == n && !memcmp(path, marker, n))
				return true;
		}
		marker += n + (marker[n] == '|');
	}
	return false;
}

const struct feed_format *
feed_format_of(const char *root, const char *item, const struct feed_leaves *leaves)
{
	const struct feed_format *f;

	for (f = feed_formats; f->name; f++)
		if (root_is(f, root) && is(f->item, item) &&
		    (!f->marker || marked(f->marker, leaves)))
			break;
	return f->name ? f : NULL;
}

const struct feed_format *
feed_format_named(const char *name)
{
	for (const struct feed_format *f = feed_formats; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

const char *
feed_namespace(const char *uri)
{
	static const struct {
		const char *uri, *prefix;
	} known[] = {
		{ "http://purl.org/dc/elements/1.1/", "dc:" },
		{ "http://purl.org/dc/terms/", "dc:" },
		{ "http://purl.org/rss/1.0/modules/content/", "content:" },
		{ "http://www.w3.org/2005/Atom", "atom:" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(uri, known[i].uri))
			return known[i].prefix;
	return "";
}
